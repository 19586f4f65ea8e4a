//! Work nobody asks for: what has expired is swept away.
