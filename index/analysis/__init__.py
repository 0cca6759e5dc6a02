"""Text to terms: cleaning, tokenizing, folding, inflection and language detection."""
