"""In which order a route's targets are tried for one job."""

# fill: as written, so that the first is filled before the next; weighted: the first by chance, in shares;
# cheapest: by this request's list price; sticky: one customer's jobs begin at the same target.
ORDERS = ("fill", "weighted", "cheapest", "sticky")
