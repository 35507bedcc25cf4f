// Chandelier
