"""What people and machines read: lines, tables and pages of what was derived. What comes from traffic is escaped."""
