"""What stands on a screen: a widget a file; each paints lines of ink and holds no truth."""
