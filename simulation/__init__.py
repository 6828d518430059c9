"""What happens: virtual time, turn-taking, the record, surveys, analyzers, the report."""
