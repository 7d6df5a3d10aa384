"""What happens to a job, step by step, over ports that handlers pass in."""
