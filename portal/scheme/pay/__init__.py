"""What is due on pay: who was paid what, the values in force, the pay that counts, the shares, the words for each."""
