"""A scene turned into what decides: a closure, arrays, SQL, Rego, Cedar."""
