"""Pure judgement, one module an artefact: parsed artefact in, findings out."""
