"""The Genesys Web Services API (v2) in types: what its requests, replies and notifications hold, and where they go.

Models keep what they do not know (`extra="allow"`): real traffic is looser than its documentation, and a model that is
too strict hides the real finding in noise.
"""
