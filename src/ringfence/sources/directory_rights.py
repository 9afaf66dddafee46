"""What the nodes and rights of directories are in our words.

The kinds are those of BloodHound's graph (Active Directory, Entra and Azure), which its
own collectors and OpenGraph files share. A right that needs a second premise, or more
than the files tell, carries its doubt: it widens reach and can't refute anything.
"""

from __future__ import annotations

from dataclasses import dataclass

# Rights that need another one: what they give together is theirs who hold both.
FILTERED = "LAPS passwords"
PREMISES = ("GetChanges", "GetChangesAll", "GetChangesInFilteredSet")
ACCOUNT = "account"  # no kind of ours: a role to log in as, and who holds it


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an edge of theirs says in our words.

    Attributes:
        kind: Our kind of edge; empty when it gives nothing.
        doubt: Why it can't be decided whether it holds; empty when it does.
        turned: Whether control flows from its end to its start.
        verbs: For a grant, its verbs.
    """

    kind: str
    doubt: str = ""
    turned: bool = False
    verbs: tuple[str, ...] = ()


NOTHING = Meaning("")
_CHANGE, _BECOME, _MEMBER = (
    Meaning(kind) for kind in ("can_change", "can_assume", "member_of")
)
_CRACK = Meaning("can_change", "only a password that can be guessed gives the account")
_REMOTE = Meaning("can_use", "a remote session is not control of the whole computer")
_LINK = Meaning("can_change", "needs a GPO to link as well")
_CERTIFICATE = "what a certificate gives is not worked out"
_ENROL = Meaning("can_change", _CERTIFICATE)
_COERCE = Meaning("can_change", "who can be made to sign in there isn't known")
_PARTIAL = Meaning("can_change", "which of the owner's rights are left isn't known")
_SERVICE = Meaning("can_change", "a part of the resource, perhaps not all of it")
_ELIGIBLE = Meaning("can_assume", "has to be activated first")

NODES: dict[str, str] = {
    # Active Directory
    "User": ACCOUNT,
    "Computer": "host",
    "Group": "group",
    "LocalGroup": "group",
    "ADLocalGroup": "group",
    "LocalUser": ACCOUNT,
    "ADLocalUser": ACCOUNT,
    "GPO": "job",
    "Domain": "role",
    "OU": "role",
    "Container": "role",
    "Configuration": "role",
    "Base": "role",
    "CertTemplate": "role",
    "EnterpriseCA": "role",
    "RootCA": "role",
    "AIACA": "role",
    "NTAuthStore": "role",
    "IssuancePolicy": "role",
    # Entra and Azure
    "AZUser": ACCOUNT,
    "AZGroup": "group",
    "AZServicePrincipal": "service_account",
    "AZManagedIdentity": "service_account",
    "AZApp": "tool",
    "AZDevice": "host",
    "AZVM": "host",
    "AZVMScaleSet": "host",
    "AZKeyVault": "key",
    "AZRole": "role",
    "AZTenant": "role",
    "AZSubscription": "role",
    "AZResourceGroup": "role",
    "AZManagementGroup": "role",
    "AZFunctionApp": "tool",
    "AZWebApp": "tool",
    "AZLogicApp": "tool",
    "AZAutomationAccount": "tool",
    "AZManagedCluster": "tool",
    "AZContainerRegistry": "tool",
    # Kinds that custom collectors commonly use
    "Person": "person",
}

_SAME: dict[Meaning, str] = {
    _MEMBER: "MemberOf MemberOfLocalGroup AZMemberOf",
    _CHANGE: (
        "GenericAll WriteDacl WriteOwner Owns GenericWrite AddMember AllExtendedRights "
        "ForceChangePassword AddAllowedToAct WriteAccountRestrictions AdminTo DCSync "
        "Contains GPLink GPOAppliesTo CanApplyGPO GoldenCert DCFor "
        "ADCSESC1 ADCSESC3 ADCSESC4 ADCSESC5 ADCSESC6a ADCSESC6b ADCSESC7 ADCSESC9a "
        "ADCSESC9b ADCSESC10a ADCSESC10b ADCSESC13 SpoofSIDHistory AbuseTGTDelegation "
        "SameForestTrust AZOwns AZOwner AZContributor AZUserAccessAdministrator "
        "AZGlobalAdmin AZPrivilegedRoleAdmin AZPrivilegedAuthAdmin AZContains "
        "AZResetPassword AZAddSecret AZAddOwner AZAddMembers AZMGAddMember "
        "AZMGAddOwner AZMGAddSecret AZMGGrantAppRoles AZMGGrantRole AZAppAdmin "
        "AZCloudAppAdmin AZExecuteCommand AZVMContributor AZVMAdminLogin "
        "AZWebsiteContributor AZLogicAppContributor AZAutomationContributor "
        "AZAKSContributor AZKeyVaultContributor AZAvereContributor"
    ),
    _BECOME: (
        "AddSelf AddKeyCredentialLink AllowedToAct AllowedToDelegate HasSIDHistory "
        "HasSession SyncLAPSPassword ReadLAPSPassword ReadGMSAPassword SQLAdmin "
        "DumpSMSAPassword "
        "SyncedToADUser SyncedToEntraUser AZHasRole AZManagedIdentity"
    ),
    Meaning("runs_as"): "AZRunsAs",
    Meaning("holds_key"): "AZGetSecrets AZGetKeys AZGetCertificates",
    _CRACK: "WriteSPN",
    _REMOTE: "CanRDP CanPSRemote ExecuteDCOM RemoteInteractiveLogonRight",
    _LINK: "WriteGPLink",
    _COERCE: (
        "CoerceToTGT CoerceAndRelayNTLMToSMB CoerceAndRelayNTLMToLDAP "
        "CoerceAndRelayNTLMToLDAPS CoerceAndRelayNTLMToADCS"
    ),
    _PARTIAL: ("OwnsLimitedRights WriteOwnerLimitedRights OwnsRaw WriteOwnerRaw"),
    _ENROL: (
        "Enroll EnrollOnBehalfOf ManageCA ManageCertificates WritePKINameFlag "
        "WritePKIEnrollmentFlag DelegatedEnrollmentAgent PublishedTo TrustedForNTAuth "
        "NTAuthStoreFor IssuedSignedBy RootCAFor HostsCAService ExtendedByPolicy "
        "OIDGroupLink"
    ),
    _SERVICE: "AZKeyVaultKVContributor AZNodeResourceGroup AZScopedTo",
    _ELIGIBLE: "AZRoleEligible AZRoleApprover",
    # Control of a trusted domain gives the trusting one, unless its SIDs are filtered.
    Meaning("can_change", "whether SIDs are filtered isn't known"): "TrustedBy",
    Meaning("can_change", "whether SIDs are filtered isn't known", turned=True): (
        "CrossForestTrust"
    ),
    # A computer is what its local groups are on: the edge leads from it to them.
    NOTHING: "LocalToComputer ProtectAdminGroups",
}
EDGES: dict[str, Meaning] = {
    name: meaning for meaning, listed in _SAME.items() for name in listed.split()
}
