"""The applicant's side: filling in an application, sending it, and seeing where it stands."""
