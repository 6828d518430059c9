"""What a report shows, one file a section: frames in, a `Section` out."""
