"""Dataverse Web API v9.2 in memory, for the lead table (contract dataverse-web-api, section 12)."""
