"""The child's health record: reports of the mandatory examinations, certificates of health and where these are sent."""
