"""Events that anyone may propose: from the form to the letter that says what became of them."""
