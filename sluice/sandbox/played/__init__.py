"""Any provider of the catalogue, played from its entry: what that writes is taken, what it reads is answered.

It proves nothing about the provider, as it knows no more than the entry does; it lets every entry run.

entry     a provider's entry and models, compiled from the shipped files
order     a request as an order: which model, which operation, what is made
answer    an order's state as the entry would read it
dialect   both of them over the paths of the entry
"""
