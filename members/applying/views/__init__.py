"""The applicant's pages, all for those who have signed in with a code."""
