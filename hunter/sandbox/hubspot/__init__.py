"""HubSpot's side: one account with companies, over the CRM API v3."""
