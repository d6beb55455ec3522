"""The catalogue as a whole: the agency's workbooks read, our requirements proof-read, two profiles compared."""
