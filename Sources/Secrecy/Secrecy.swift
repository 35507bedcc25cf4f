// Secrecy
