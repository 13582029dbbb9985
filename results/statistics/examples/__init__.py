"""What single examples tell: who misses which, how noisy that is, how much of a class is read."""
