"""What was captured, as evidence: shown in dossiers, and held against what the audit trail noted of it."""
