"""Which operation of which service does what: the table that gives events a verb.

What doesn't stand here is judged by its shape (see `touching`). A service is named
without its `.amazonaws.com`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SHARE = "share"  # divert if it adds somebody, alter if it takes somebody away
STATEMENT = "statement"  # what the statement among the parameters does


class Operation(NamedTuple):
    """What an operation does.

    Attributes:
        verb: A verb of the vocabulary, `none`, `SHARE` or `STATEMENT`.
        by: The parameters that name what it touches, the first that is there counts;
            without any, the event doesn't tell what it touched.
        form: How a plain name becomes an ARN.
    """

    verb: str
    by: tuple[str, ...] = ()
    form: str = ""


class _Row(NamedTuple):
    service: str
    form: str
    by: tuple[str, ...]
    verbs: Mapping[str, str]


BUCKET = "arn:{partition}:s3:::{name}"
_SNAPSHOT = "arn:{partition}:ec2:{region}::snapshot/{name}"
_IMAGE = "arn:{partition}:ec2:{region}::image/{name}"


def _arn(service: str, kind: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{kind}{{name}}"


_ROWS = (
    _Row(
        "s3",
        BUCKET,
        ("bucketName",),
        {
            "read": "GetObject HeadObject SelectObjectContent GetObjectTorrent"
            " GetObjectAttributes ListObjects ListObjectsV2 ListObjectVersions"
            " ListParts ListMultipartUploads CopyObject UploadPartCopy",
            "insert": "PutObject PostObject UploadPart CompleteMultipartUpload"
            " RestoreObject WriteGetObjectResponse",
            "update": "RenameObject",
            "delete": "DeleteObject DeleteObjects DeleteBucket",
            "alter": "PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutObjectAcl"
            " PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock"
            " PutBucketOwnershipControls DeleteBucketOwnershipControls PutBucketCors"
            " PutBucketWebsite PutBucketLifecycle PutBucketLifecycleConfiguration"
            " PutBucketEncryption DeleteBucketEncryption PutBucketLogging"
            " DeleteBucketReplication PutBucketVersioning",
            "divert": "PutBucketReplication PutBucketInventoryConfiguration",
            "none": "HeadBucket GetObjectAcl GetObjectTagging GetObjectRetention"
            " GetObjectLegalHold PutObjectTagging DeleteObjectTagging"
            " CreateMultipartUpload AbortMultipartUpload PutBucketTagging"
            " DeleteBucketTagging DeleteBucketLifecycle DeleteBucketCors"
            " DeleteBucketWebsite PutObjectRetention PutObjectLegalHold"
            " PutBucketRequestPayment PutBucketNotification CreateSession",
        },
    ),
    _Row(
        "dynamodb",
        _arn("dynamodb", "table/"),
        ("sourceTableName", "sourceTableArn", "tableName", "tableArn", "resourceArn"),
        {
            "read": "GetItem BatchGetItem Query Scan TransactGetItems GetRecords",
            "insert": "PutItem",
            "update": "UpdateItem BatchWriteItem TransactWriteItems",
            "delete": "DeleteItem DeleteTable",
            "divert": "ExportTableToPointInTime RestoreTableToPointInTime"
            " CreateGlobalTable EnableKinesisStreamingDestination",
            "alter": "UpdateTable PutResourcePolicy DeleteResourcePolicy",
            "none": "UpdateContinuousBackups UpdateTimeToLive ImportTable"
            " DescribeStream GetShardIterator ListStreams",
            STATEMENT: "ExecuteStatement BatchExecuteStatement ExecuteTransaction",
        },
    ),
    _Row("dynamodb", "", ("backupArn",), {"divert": "RestoreTableFromBackup"}),
    _Row(
        "kms",
        _arn("kms", ""),
        ("keyId", "sourceKeyId"),
        {
            "decrypt": "Decrypt ReEncrypt",
            "alter": "CreateGrant PutKeyPolicy RevokeGrant RetireGrant EnableKey"
            " DisableKey ScheduleKeyDeletion CancelKeyDeletion",
            "divert": "ReplicateKey",
            "none": "Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext"
            " GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext Sign Verify"
            " GenerateMac VerifyMac GenerateRandom EnableKeyRotation"
            " UpdateKeyDescription UpdateAlias DeleteAlias RotateKey",
        },
    ),
    _Row(
        "secretsmanager",
        _arn("secretsmanager", "secret:"),
        ("secretId", "secretIdList"),
        {
            "read": "GetSecretValue BatchGetSecretValue",
            "update": "PutSecretValue UpdateSecret RotateSecret",
            "delete": "DeleteSecret",
            "alter": "PutResourcePolicy DeleteResourcePolicy",
            "divert": "ReplicateSecretToRegions",
            "none": "StartSecretVersionDelete EndSecretVersionDelete RestoreSecret"
            " CancelSecretVersionDelete CancelRotateSecret ValidateResourcePolicy"
            " UpdateSecretVersionStage StartSecretVersionRotation"
            " SecretRotation RotationStarted RotationSucceeded",
        },
    ),
    _Row(
        "ssm",
        _arn("ssm", "parameter/"),
        ("name", "names", "path"),
        {
            "read": "GetParameter GetParameters GetParametersByPath"
            " GetParameterHistory",
            "update": "PutParameter",
            "delete": "DeleteParameter DeleteParameters",
        },
    ),
    _Row(
        "logs",
        _arn("logs", "log-group:"),
        ("logGroupName", "logGroupIdentifier", "logGroupNames", "logGroupIdentifiers"),
        {
            "read": "GetLogEvents FilterLogEvents GetLogRecord StartQuery StartLiveTail"
            " GetQueryResults",
            "insert": "PutLogEvents",
            "divert": "PutSubscriptionFilter CreateExportTask",
            "delete": "DeleteLogGroup DeleteLogStream",
            "none": "PutRetentionPolicy DeleteRetentionPolicy",
        },
    ),
    _Row(
        "kinesis",
        _arn("kinesis", "stream/"),
        ("streamARN", "streamName"),
        {
            "read": "GetRecords SubscribeToShard",
            "insert": "PutRecord PutRecords",
            "delete": "DeleteStream",
            "none": "GetShardIterator ListShards DescribeStream",
        },
    ),
    _Row(
        "sqs",
        "",
        ("queueUrl",),
        {
            "read": "ReceiveMessage",
            "insert": "SendMessage SendMessageBatch",
            "delete": "DeleteMessage DeleteMessageBatch PurgeQueue DeleteQueue",
            "alter": "SetQueueAttributes AddPermission RemovePermission",
            "none": "ChangeMessageVisibility ChangeMessageVisibilityBatch",
        },
    ),
    _Row(
        "ebs",
        _SNAPSHOT,
        ("snapshotId", "secondSnapshotId", "firstSnapshotId"),
        {
            "read": "GetSnapshotBlock",
            "insert": "PutSnapshotBlock",
            "none": "ListSnapshotBlocks ListChangedBlocks StartSnapshot"
            " CompleteSnapshot",
        },
    ),
    _Row(
        "ec2",
        _SNAPSHOT,
        ("sourceSnapshotId", "snapshotId"),
        {
            SHARE: "ModifySnapshotAttribute",
            "alter": "ResetSnapshotAttribute",
            "divert": "CopySnapshot",
            "delete": "DeleteSnapshot",
        },
    ),
    _Row(
        "ec2",
        _IMAGE,
        ("sourceImageId", "imageId"),
        {
            SHARE: "ModifyImageAttribute",
            "alter": "ResetImageAttribute",
            "divert": "CopyImage ExportImage CreateStoreImageTask",
        },
    ),
    _Row(
        "rds",
        _arn("rds", "snapshot:"),
        ("sourceDBSnapshotIdentifier", "dBSnapshotIdentifier", "sourceArn"),
        {
            SHARE: "ModifyDBSnapshotAttribute",
            "divert": "CopyDBSnapshot StartExportTask RestoreDBInstanceFromDBSnapshot",
            "delete": "DeleteDBSnapshot",
        },
    ),
    _Row(
        "rds",
        _arn("rds", "cluster-snapshot:"),
        (
            "sourceDBClusterSnapshotIdentifier",
            "dBClusterSnapshotIdentifier",
            "snapshotIdentifier",
        ),
        {
            SHARE: "ModifyDBClusterSnapshotAttribute",
            "divert": "CopyDBClusterSnapshot RestoreDBClusterFromSnapshot",
            "delete": "DeleteDBClusterSnapshot",
        },
    ),
    _Row(
        "rds",
        _arn("rds", "db:"),
        ("sourceDBInstanceIdentifier", "dBInstanceIdentifier"),
        {
            "read": "DownloadDBLogFilePortion DownloadCompleteDBLogFile",
            "divert": "RestoreDBInstanceToPointInTime CreateDBInstanceReadReplica",
            "alter": "ModifyDBInstance",
            "delete": "DeleteDBInstance",
            "none": "StopDBInstance StartDBInstance RebootDBInstance"
            " DeleteDBSubnetGroup ModifyDBSubnetGroup DeleteDBParameterGroup"
            " DeleteEventSubscription StopDBCluster StartDBCluster",
        },
    ),
    _Row(
        "rds",
        _arn("rds", "cluster:"),
        ("sourceDBClusterIdentifier", "dBClusterIdentifier"),
        {
            "divert": "RestoreDBClusterToPointInTime",
            "alter": "ModifyDBCluster",
            "delete": "DeleteDBCluster",
        },
    ),
    # A statement that isn't told may read: what claims ask for first.
    _Row(
        "rds-data",
        "",
        ("resourceArn",),
        {
            "read": "ExecuteStatement BatchExecuteStatement ExecuteSql",
            "none": "BeginTransaction CommitTransaction RollbackTransaction",
        },
    ),
    _Row(
        "redshift-data",
        "",
        (),
        {
            "read": "ExecuteStatement BatchExecuteStatement GetStatementResult"
            " GetStatementResultV2"
        },
    ),
    _Row(
        "athena",
        "",
        (),
        {
            "read": "StartQueryExecution GetQueryResults GetQueryResultsStream",
            "none": "StopQueryExecution DeleteNamedQuery UpdateNamedQuery",
        },
    ),
    _Row(
        "redshift",
        _arn("redshift", "snapshot:"),
        ("sourceSnapshotIdentifier", "snapshotIdentifier", "snapshotArn"),
        {
            "divert": "AuthorizeSnapshotAccess CopyClusterSnapshot"
            " RestoreFromClusterSnapshot",
            "alter": "RevokeSnapshotAccess",
            "delete": "DeleteClusterSnapshot",
        },
    ),
    _Row("redshift", "", ("dataShareArn",), {"divert": "AuthorizeDataShare"}),
    _Row(
        "backup",
        "",
        ("recoveryPointArn",),
        {"divert": "StartCopyJob StartRestoreJob", "delete": "DeleteRecoveryPoint"},
    ),
    _Row(
        "glue",
        "",
        (),
        {"none": "GetTable GetTables GetDatabase StartCrawler StartJobRun UpdateTable"},
    ),
)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    (row.service, name): Operation(verb, row.by, row.form)
    for row in _ROWS
    for verb, names in row.verbs.items()
    for name in names.split()
}

# Services that hold data: an unknown operation that writes there isn't taken for idle.
STORES = frozenset(
    {
        "athena",
        "backup",
        "dynamodb",
        "ebs",
        "elasticache",
        "elasticfilesystem",
        "es",
        "firehose",
        "kinesis",
        "kms",
        "lakeformation",
        "logs",
        "memorydb",
        "rds",
        "rds-data",
        "redshift",
        "redshift-data",
        "redshift-serverless",
        "s3",
        "s3express",
        "s3-object-lambda",
        "s3tables",
        "secretsmanager",
        "sqs",
        "timestream",
    }
)
# A new thing holds nothing yet, and a label holds none of the data.
IDLE = ("Create", "Tag", "Untag", "AddTags", "RemoveTags", "Register", "Deregister")
