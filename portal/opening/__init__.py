"""Opening a fund: what is missing before it can go live, and what is brought over from the books before."""
