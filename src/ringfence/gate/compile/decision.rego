# May this cross? The part of the decision that is the same for every boundary.
#
# The rest is made of the boundary (`tests`, `truths`) and stands below. Facts are in the
# data document, under `ringfence_scene`. Statuses: 0 no, 1 unknown, 2 yes.

package ringfence

import rego.v1

default decision := {"allowed": false, "reason": "unreadable"}

decision := answer(input)

scene := data.ringfence_scene

answer(r) := {"allowed": allows(why), "reason": why} if {
	is_sound(r)
	why := reason(r)
} else := {"allowed": false, "reason": "unreadable"}

allows(why) := true if {
	why in scene.allowing
} else := false

# A request of another shape is denied, whatever else holds of it.
is_sound(r) if {
	every text in [r.principal, r.verb, r.resource, r.purpose, r.now] {
		is_string(text)
	}
	every list in [r.columns, r.obeys] {
		are_texts(list)
	}
	every mapping in [r.stated, r.circumstances, r.counted] {
		is_object(mapping)
	}
	are_lists(r.stated)
	are_lists(r.circumstances)
	are_numbers(r.counted)
	is_boolean(r.trusted)
	is_row(r.row)
	keys := object.keys(r.circumstances)
	every key in keys {
		lower(key) == key
	}
}

are_texts(list) if {
	is_array(list)
	others := [one | some one in list; not is_string(one)]
	count(others) == 0
}

are_lists(mapping) if {
	others := [list | some list in mapping; not are_texts(list)]
	count(others) == 0
}

are_numbers(mapping) if {
	others := [one | some one in mapping; not is_number(one)]
	count(others) == 0
}

is_row(row) if row == null

is_row(row) if {
	is_object(row)
	others := [cell | some cell in row; not is_cell(cell)]
	count(others) == 0
}

is_cell(cell) if cell == null

is_cell(cell) if is_string(cell)

reason(r) := "stale" if {
	not is_in_time(r)
} else := "unknown-verb" if {
	not r.verb in scene.known_verbs
} else := why if {
	touched := touched_by(r)
	fenced := fence(r, standings(r), touched)
	why := granted(r, fenced)
}

is_in_time(r) if {
	scene.since <= r.now
	r.now < scene.until
}

# --- the fence ------------------------------------------------------------------------

fence(r, stands, touched) := "not-excluded" if {
	every stand in stands {
		stand == 0
	}
} else := "not-counted" if {
	not r.verb in scene.verbs
} else := "not-protected" if {
	count(touched) == 0
} else := "other-row" if {
	every one in touched {
		is_other_row(one[0], r)
	}
} else := "leave" if {
	conceded(r, touched) == "leave"
} else := why if {
	why := obeyed(r, touched)
} else := why if {
	why := conceded(r, touched)
} else := "excluded" if {
	2 in stands
} else := "perhaps-excluded"

is_other_row(id, r) if {
	rows := scene.datasets[id].rows
	value := r.row[rows.column]
	value != null
	not value in rows.values
}

kind_of(id) := split(id, ":")[0]

bare(id) := concat(":", array.slice(split(id, ":"), 1, count(split(id, ":"))))

# By selector, whether it excludes the principal.
standings(r) := of_entity(r.principal) if {
	kind_of(r.principal) == "legal_entity"
} else := strangers if {
	kind_of(r.principal) != "person"
} else := strangers if {
	not scene.people[r.principal]
	count(told(r)) == 0
} else := tests(object.union(known(r).attributes, told(r)), unsettled(r)) if {
	r.trusted
} else := tests(known(r).attributes, known(r).unknown) if {
	count(told(r)) == 0
} else := worse_of(unstated(r), tests(object.union(told(r), known(r).attributes), known(r).unknown))

worse_of(before, after) := {name: worse |
	some name, status in after
	worse := max([before[name], status])
}

of_entity(id) := {name: status |
	some name in scene.selectors
	judged := object.get(scene.entities, name, {})
	status := object.get(judged, id, 1)
}

strangers := {name: 1 | some name in scene.selectors}

known(r) := object.get(scene.people, r.principal, {"attributes": {}, "unknown": []})

told(r) := {name: values |
	some name, values in r.stated
	count(values) > 0
	name in scene.attributes
}

unsettled(r) := [name |
	words := told(r)
	doubted := known(r).unknown
	some name in doubted
	not words[name]
]

# What holds of somebody without what the caller states.
unstated(r) := tests(known(r).attributes, known(r).unknown) if {
	scene.people[r.principal]
} else := strangers

# An attribute's values are among those listed: all, none, or some.
among(attributes, unknown, name, listed, absent) := 1 if {
	name in unknown
} else := absent if {
	count(object.get(attributes, name, [])) == 0
} else := 2 if {
	hits(attributes[name], listed) == count(attributes[name])
} else := 0 if {
	hits(attributes[name], listed) == 0
} else := 1

hits(values, listed) := count([value | some value in values; value in listed])

employers(attributes) := {id |
	stated := object.get(attributes, "employer", [])
	some value in stated
	id := entity_id(value)
}

entity_id(value) := value if {
	startswith(value, "legal_entity:")
} else := concat("", ["legal_entity:", value])

employed(attributes, unknown, listed, absent) := 2 if {
	some employer in employers(attributes)
	employer in listed
} else := 1 if {
	"employer" in unknown
} else := absent if {
	count(employers(attributes)) == 0
} else := 0

# The same, and employers that are excluded themselves.
employed_by_excluded(attributes, unknown, entities, absent) := max(array.concat([known], others)) if {
	known := employed(attributes, unknown, [], absent)
	mine := employers(attributes)
	others := [status | some one in mine; status := object.get(entities, one, 1)]
}

# --- what is touched ------------------------------------------------------------------

datasets_of(r) := [[concat(":", ["dataset", whole]), [last]]] if {
	kind_of(r.resource) == "column"
	parts := split(bare(r.resource), ".")
	last := parts[count(parts) - 1]
	whole := concat(".", array.slice(parts, 0, count(parts) - 1))
} else := wholes if {
	kind_of(r.resource) == "store"
	held := object.get(scene.stores, r.resource, [])
	count(held) > 0
	wholes := [one | some id in held; one := [id, []]]
} else := [[r.resource, r.columns]]

dataset(id) := object.get(scene.datasets, id, {"status": 1, "columns": {}, "masks": {}})

names_of(id, names) := names if {
	count(names) > 0
} else := object.keys(dataset(id).columns)

# Every column that is, or may be, protected: its dataset's id, and its name. What is
# protected without a name that anybody knows has none.
touched_by(r) := whole | named if {
	asked_for := datasets_of(r)
	whole := {[one[0], ""] |
		some one in asked_for
		known_as := dataset(one[0])
		known_as.status != 0
	}
	named := {[one[0], name] |
		some one in asked_for
		known_as := dataset(one[0])
		names := names_of(one[0], one[1])
		some name in names
		object.get(known_as.columns, name, 1) != 0
	}
}

# --- what concedes it -----------------------------------------------------------------

conceded(r, touched) := "leave" if {
	fitting := fitting_leaves(r, touched)
	some leave in fitting
	missing(leave, r) == "leave"
} else := missing(fitting[0], r) if {
	fitting := fitting_leaves(r, touched)
}

fitting_leaves(r, touched) := [leave |
	ids := column_ids(touched)
	some leave in scene.leaves
	leave.who[r.principal]
	leave.since <= r.now
	r.now < leave.until
	every id in ids {
		leave.columns[id]
	}
]

column_ids(touched) := {id |
	some one in touched
	whole := bare(one[0])
	id := concat(".", [whole, one[1]])
}

missing(leave, r) := "leave" if {
	r.purpose == leave.purpose
	is_counted(r)
	object.get(r.counted, leave.name, 0) + r.subjects <= leave.cap
} else := "no-purpose" if {
	r.purpose != leave.purpose
} else := "uncounted" if {
	not is_counted(r)
} else := "cap"

is_counted(r) if {
	is_number(r.subjects)
	r.subjects >= 0
}

obeyed(r, touched) := "rows" if {
	scene.datasets[only(r, touched)].rows
	r.row == null
	"rows" in r.obeys
} else := "masked" if {
	id := only(r, touched)
	"mask" in r.obeys
	every one in touched {
		scene.datasets[id].masks[one[1]]
	}
}

# The one dataset that is read.
only(r, touched) := id if {
	r.verb == "read"
	ids := {one[0] | some one in touched}
	count(ids) == 1
	some id in ids
}

# --- grants ---------------------------------------------------------------------------

granted(r, why) := why if {
	scene.mode == "fence"
} else := why if {
	not why in scene.allowing
} else := "no-grant" if {
	wanted := asked(r)
	some one in wanted
	fitting := fitting_grants(r, one)
	count(fitting) == 0
} else := why if {
	keys := keys_of(r)
	doubted := doubted_keys(r)
	found := truths(keys, doubted)
	met := {n: true | some n, truth in found; truth == 2}
	wanted := asked(r)
	every one in wanted {
		fitting := fitting_grants(r, one)
		some grant in fitting
		is_met(grant, met)
	}
} else := "guard"

asked(r) := [[one[0], column] |
	asked_for := datasets_of(r)
	some one in asked_for
	names := names_or_none(names_of(one[0], one[1]))
	some name in names
	column := column_of(one[0], name)
]

names_or_none(names) := names if {
	count(names) > 0
} else := [""]

column_of(id, name) := id if {
	name == ""
} else := concat("", ["column:", bare(id), ".", name])

fitting_grants(r, one) := [grant |
	some grant in scene.grants
	grant.who[r.principal]
	r.verb in grant.verbs
	grant.since <= r.now
	lasts(grant, r.now)
	covers(grant, one)
]

lasts(grant, _) if grant.until == ""

lasts(grant, now) if now < grant.until

covers(grant, one) if grant.what[one[0]]

covers(grant, one) if grant.what[one[1]]

is_met(grant, _) if grant.guard == ""

is_met(grant, met) if met[grant.guard]

# What guards are asked about. Of the principal, that is what is stored; a caller's word
# counts if it is trusted.
keys_of(r) := object.union(around, of_principal) if {
	around := {key: values |
		some key, values in r.circumstances
		not startswith(key, "principal.")
	}
	told := object.union(settled(r), trusted_words(r))
	of_principal := {key: values |
		some name, _ in told
		small := lower(name)
		key := concat("", ["principal.", small])
		values := spelt_alike(told, small)
	}
}

spelt_alike(told, small) := values if {
	alike := {name: found | some name, found in told; lower(name) == small}
	values := [value | some found in alike; some value in found]
}

trusted_words(r) := words if {
	r.trusted
	words := {name: values | some name, values in r.stated; count(values) > 0}
} else := {}

settled(r) := {name: values |
	doubted := doubted_names(r)
	stored := known(r).attributes
	some name, values in stored
	not name in doubted
}

doubted_names(r) := [name |
	words := trusted_words(r)
	doubted := known(r).unknown
	some name in doubted
	not words[name]
]

doubted_keys(r) := [key |
	doubted := doubted_names(r)
	some name in doubted
	key := concat("", ["principal.", name])
]

# --- what is made of the boundary -----------------------------------------------------
