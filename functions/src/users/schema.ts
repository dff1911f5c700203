import * as z from 'zod';
import { ALL_PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES } from '../authz/roles.ts';
import { pageFields } from '../core/pagination.ts';
import { showHidden } from '../core/text.ts';
import { dateTime, rfc3339 } from '../core/time.ts';
import { uid } from '../core/uid.ts';
import { expectedVersion } from '../core/version.ts';

/** Inputs and outputs of the operations on users. */

export const roleName = z.enum(ALL_ROLES).meta({ id: 'Role', description: 'A role of this project.' });
export const permissionName = z
  .enum(ALL_PERMISSIONS)
  .meta({ id: 'Permission', description: 'resource:action' });

const email = z
  .string()
  .min(1)
  .max(254)
  .meta({ examples: ['ann@example.com'] });

export const userQuery = z.strictObject({
  role: roleName.optional(),
  email: email
    .optional()
    .meta({ description: 'The whole e-mail address, of any sign-in provider, in any case.' }),
  emailPrefix: email
    .optional()
    .meta({ description: 'Prefix of the e-mail address, in any case.', examples: ['ann@'] }),
  phone: z
    .string()
    .regex(/^\+[1-9]\d{1,14}$/, 'Send a phone number; in a URL, + is %2B.')
    .optional()
    .meta({ description: 'The whole phone number (E.164).', examples: ['+4930123456'] }),
  disabled: z.boolean().optional(),
  ...pageFields(100),
});

// People read it in the audit log and in lists.
const reason = z.string().trim().min(1).max(200).transform(showHidden).optional();

export const auditReason = reason.meta({ description: 'Why, for the audit log.' });

export const grantRequest = z
  .strictObject({
    role: roleName,
    expiresAt: rfc3339
      .transform(({ seconds }) => seconds)
      .optional()
      .meta({ description: 'When the grant expires (RFC 3339, in whole seconds). Absent: never.' }),
    reason: reason.meta({ description: 'Why the role is granted; stored with the grant.' }),
  })
  .meta({ id: 'GrantRequest' });

export const grantRequests = z
  .array(grantRequest)
  .max(ALL_ROLES.length)
  .refine((grants) => new Set(grants.map(({ role }) => role)).size === grants.length, 'Send each role once.');

export const roleChange = z.strictObject({
  grants: grantRequests.meta({
    description: 'All grants of the user after the change.',
    examples: [[{ role: 'support' }]],
  }),
  version: expectedVersion,
  auditReason,
});

/** The version is not needed to add or remove one role: the others stay as they are. */
const singleChange = {
  version: expectedVersion.optional(),
  auditReason,
};

export const newGrant = z.strictObject({ uid, ...grantRequest.shape, ...singleChange });
export const grantRef = z.strictObject({ uid, role: roleName, ...singleChange });

export const grant = z
  .object({
    role: roleName,
    grantedBy: z.string().meta({
      description: 'The `uid` of the user who granted it; or `system`, `operator`, `import`, or an issuer.',
    }),
    grantedAt: dateTime,
    expiresAt: dateTime.optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Grant' });

export const grantPath = z.strictObject({ uid, role: roleName });

export const userGrant = grant.extend({ version: z.int() }).meta({
  id: 'UserGrant',
  description: 'A grant, with the version of the roles of its user.',
});

export const userRoles = z
  .object({ grants: z.array(grant).readonly(), version: z.int() })
  .meta({ id: 'UserRoles' });

const identity = z.object({ issuer: z.string(), subject: z.string() }).meta({
  id: 'Identity',
  description: 'Who it is: the issuer and the `sub` of their tokens. Never the e-mail address.',
});

export const user = z
  .object({
    // Not `uid`: other code may have created users with ids that no input can have.
    uid: z
      .string()
      .meta({ description: 'Key of the user: the Firebase uid, or `ext-…` for an external user.' }),
    identity,
    email: z.string().optional(),
    emailVerified: z.boolean(),
    emails: z
      .array(z.string())
      .readonly()
      .meta({ description: 'All addresses, those of linked providers too.' }),
    phoneNumber: z.string().optional(),
    displayName: z.string().optional(),
    photoUrl: z.string().optional(),
    providers: z.array(z.string()).readonly(),
    disabled: z.boolean(),
    roles: z.array(roleName).readonly().meta({ description: 'Roles of the grants that have not expired.' }),
    grants: z.array(grant).readonly(),
    version: z.int().meta({ description: 'Number of changes of the grants.' }),
    synced: z.boolean().meta({
      description: 'False while Firebase Auth is not up to date. Access that was removed has ended already.',
    }),
    sessionsValidAfter: dateTime.optional().meta({ description: 'Sign-ins before this time are revoked.' }),
    lastSignInAt: dateTime.optional().meta({
      description:
        'Last sign-in, as Firebase Auth knows it now. Absent: never, by a token of another issuer only, or Firebase Auth ' +
        'did not answer.',
    }),
    createdAt: dateTime.meta({ description: 'Creation of the account; of an external user, of the entry.' }),
    updatedAt: dateTime,
  })
  .meta({ id: 'User' });

export const grantedUser = user
  .extend({
    created: z
      .boolean()
      .meta({ description: 'False: the user had a grant of the role before this request.' }),
  })
  .meta({ id: 'GrantedUser' });

export const userPage = z
  .object({ users: z.array(user).readonly(), nextPageToken: z.string().optional() })
  .meta({
    id: 'UserPage',
    description: 'May have fewer users than pageSize and still a nextPageToken.',
  });

/** What a caller may know about their own principal. */
export const access = z
  .object({
    kind: z.enum(['user', 'service']),
    uid: z
      .string()
      .optional()
      .meta({ description: 'Your key in `/users/{uid}`. Absent for a caller who can have no roles there.' }),
    identity: identity.meta({ description: 'Your issuer and subject.' }),
    email: z.string().optional(),
    emailVerified: z.boolean().optional(),
    roles: z.array(roleName).readonly(),
    permissions: z.array(permissionName).readonly(),
    signedInAt: dateTime.meta({ description: 'Your last sign-in.' }),
    assurance: z.object({
      level: z.enum(['aal1', 'aal2']).meta({ description: '`aal2`: with a second factor.' }),
      at: dateTime.optional().meta({ description: 'When you proved it. Absent: the token does not say.' }),
      methods: z.array(z.string()).readonly().meta({ description: 'As the issuer names them.' }),
    }),
    provider: z.string().optional(),
    tokenExpiresAt: dateTime.meta({
      description:
        'When your token expires. With a session cookie: when the session ends without a further request.',
    }),
  })
  .meta({ id: 'Access' });
