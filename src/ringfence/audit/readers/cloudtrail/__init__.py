"""AWS CloudTrail: who called which operation on what, in an account of AWS."""

from ringfence.audit.readers.cloudtrail.reader import CloudTrail

READER = CloudTrail()
