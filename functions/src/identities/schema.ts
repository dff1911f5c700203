import * as z from 'zod';
import { showHidden } from '../core/text.ts';
import { uid } from '../core/uid.ts';
import { auditReason, grantRequests, user } from '../users/index.ts';

export const newIdentity = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .max(2048)
      .meta({
        description: 'A trusted issuer, character by character.',
        examples: ['https://login.example.com'],
      }),
    subject: uid.meta({
      description: 'The `sub` of its tokens, 1 to 128 characters.',
      examples: ['auth0|64f1a2b3c4d5e6f7a8b9c0d1'],
    }),
  })
  .meta({ id: 'NewExternalUser' });

const newFirebaseUser = z
  .strictObject({
    email: z
      .email()
      .max(254)
      .meta({ description: 'E-mail address of a new Firebase user.', examples: ['ann@example.com'] }),
    displayName: z.string().trim().min(1).max(256).transform(showHidden).optional(),
    grants: grantRequests
      .refine(
        (grants) => grants.every(({ role }) => role !== 'owner'),
        'Grant owner after the first sign-in.',
      )
      .optional()
      .meta({
        description: 'Needs `roles:assign`. Absent: the default role, whatever the sign-up policy says.',
      }),
    invite: z.boolean().optional().meta({ description: 'Answer with an invitation link.' }),
    auditReason,
  })
  .meta({ id: 'NewFirebaseUser' });

const EXAMPLES = [{ email: 'ann@example.com', displayName: 'Ann Lee', invite: true }];

/** An external user or a Firebase user, as a union. */
export const newUserBody = z
  .union([newFirebaseUser, newIdentity])
  .meta({ id: 'NewUser', examples: EXAMPLES });

const ALTERNATIVES = 'Send issuer and subject, or email.';

/** The same as one object, as every input: its errors name fields. */
export const newUser = z
  .strictObject({ ...newIdentity.partial().shape, ...newFirebaseUser.partial().shape })
  .superRefine((fields, { addIssue }) => {
    const { shape } = fields.email === undefined ? newIdentity : newFirebaseUser;
    const others = Object.keys(fields).filter((name) => !(name in shape));
    for (const name of others) addIssue({ code: 'custom', path: [name], message: ALTERNATIVES });
    const isIncomplete = fields.email === undefined && !(fields.issuer && fields.subject);
    if (isIncomplete && others.length === 0) addIssue({ code: 'custom', message: ALTERNATIVES });
  })
  .meta({ examples: EXAMPLES });

export const createdUser = user
  .extend({
    created: z.boolean().meta({ description: 'False: the external user existed before this request.' }),
    invitationLink: z
      .string()
      .optional()
      .meta({
        description:
          'Sets the first password and verifies the address. It is shown once. Whoever has it can sign in as the ' +
          'user. Absent if none was requested, or Firebase Auth did not create it.',
      }),
  })
  .meta({ id: 'CreatedUser' });
