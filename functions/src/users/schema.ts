import * as z from 'zod';
import { ALL_PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES } from '../authz/roles.ts';
import { isUid } from '../lib/uid.ts';

/** Shapes that cross the wire, for the HTTP API and the callables alike. */

export const roleName = z.enum(ALL_ROLES).meta({ id: 'Role', description: 'A built-in role.' });
export const permissionName = z
  .enum(ALL_PERMISSIONS)
  .meta({ id: 'Permission', description: 'resource:action' });

/** Firebase allows any 1 to 128 characters; slashes and control characters are refused as in tokens. */
export const uid = z
  .string()
  .min(1)
  .max(128)
  .refine(isUid, 'is not a user id')
  .meta({ description: 'Firebase user id, 1 to 128 characters.' });

export const userQuery = z.strictObject({
  role: roleName.optional(),
  email: z.email().max(254).optional(),
  pageSize: z.int().min(1).max(100).default(50),
  pageToken: z.string().min(1).max(2048).optional(),
});

const reason = z.string().trim().min(1).max(200).optional().meta({ description: 'Why, for the log.' });

export const roleChange = z.strictObject({
  roles: z
    .array(roleName)
    .max(ALL_ROLES.length)
    .refine((roles) => new Set(roles).size === roles.length, 'names a role twice')
    .meta({ description: 'All roles the user shall have.' }),
  rolesVersion: z
    .int()
    .min(0)
    .meta({ description: 'The version you read; refused when it is no longer current.' }),
  reason,
});

export const user = z
  .object({
    // As it is: somebody else may have made users with stranger ids than ours to ask for.
    uid: z.string(),
    email: z.string().optional(),
    emailVerified: z.boolean(),
    displayName: z.string().optional(),
    providers: z.array(z.string()).readonly(),
    disabled: z.boolean(),
    roles: z.array(roleName).readonly(),
    rolesVersion: z.int(),
    validAfter: z.number().meta({ description: 'Sign-ins before this second since the epoch are revoked.' }),
    createdAt: z.string().meta({ format: 'date-time' }),
    lastSignInAt: z.string().optional().meta({ format: 'date-time' }),
  })
  .meta({ id: 'User' });

export const userPage = z
  .object({ users: z.array(user).readonly(), nextPageToken: z.string().optional() })
  .meta({
    id: 'UserPage',
    description: 'May hold fewer users than asked for and still have a nextPageToken.',
  });

/** What a caller may know about themselves: the wristband as read. */
export const access = z
  .object({
    kind: z.enum(['user', 'service']),
    issuer: z.string(),
    subject: z.string(),
    uid: z.string().optional(),
    email: z.string().optional(),
    emailVerified: z.boolean().optional(),
    roles: z.array(roleName).readonly(),
    permissions: z.array(permissionName).readonly(),
    authTime: z.int().meta({ description: 'Last sign-in, seconds since the epoch.' }),
    assurance: z.enum(['aal1', 'aal2']),
    provider: z.string().optional(),
    tokenExpiresAt: z.int().meta({ description: 'Seconds since the epoch.' }),
  })
  .meta({ id: 'Access' });
