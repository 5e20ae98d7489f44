"""What changes mailing lists and subscriptions, a module for each thing that people do."""
