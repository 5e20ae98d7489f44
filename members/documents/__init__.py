"""What applicants send with an application: checked, kept privately, given out as files."""
