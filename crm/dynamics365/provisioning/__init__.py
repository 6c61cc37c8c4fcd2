"""Creating what Hunter needs in a Dataverse environment (contract 16)."""
