"""The forms of the sections; `members.sections` names them in their order."""
