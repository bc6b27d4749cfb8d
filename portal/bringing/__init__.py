"""What a fund brings over from the books it kept before: employers, and what each owes on the day it begins here."""
