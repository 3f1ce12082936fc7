//! BER as real signatures use it → elements of definite length.
