"""What was sent and answered, as evidence: shown in dossiers, and recorded in the audit trail day by day."""
