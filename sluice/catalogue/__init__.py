"""The converter: rows of a price list become lists of models in the catalogue.

row        the rows of the CSV file
signature  what a client in TypeScript says of endpoints: their inputs and outputs
family     inputs and outputs, or a template, as what a model offers and takes
price      a row's figures as price lines, or why they cannot be
listing    all of it together: the list of one provider as text, and what was left out
yaml       values as lines of YAML
"""
