import * as z from 'zod';
import { pageFields } from '../core/pagination.ts';
import { dateTime, rfc3339 } from '../core/time.ts';
import { ALL_AUDIT_ACTIONS } from './audit-actions.ts';

const name = z.string().min(1).max(256).optional();
const examples = ['k3Jf9sQ2xYhT1bV7mN4pLr8wZc52'];

/** Which events. */
export const auditFilter = z.strictObject({
  actor: name.meta({
    description: 'The `uid` of the user who acted, or `system`, `operator`, `anonymous`.',
    examples,
  }),
  target: name.meta({
    description: 'The `uid` of the changed user; for a refused operation, the permission.',
    examples,
  }),
  action: z.enum(ALL_AUDIT_ACTIONS).optional().meta({ description: 'What was done.' }),
  from: rfc3339.optional().meta({ description: 'Events at or after this time (RFC 3339).' }),
  to: rfc3339.optional().meta({ description: 'Events before this time (RFC 3339).' }),
});

export const auditQuery = auditFilter.extend(pageFields(500));

export const auditEvent = z
  .object({
    id: z.string(),
    at: dateTime,
    actor: z.string().meta({
      description: 'The `uid` of the user who acted, or `system`, `operator` or `anonymous`.',
    }),
    issuer: z.string().optional().meta({ description: 'Issuer of the token of the actor.' }),
    action: z.string(),
    target: z.string().meta({ description: 'The `uid` of the user it was about, or a permission.' }),
    outcome: z.enum(['done', 'refused']),
    before: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The fields that changed, for example `version` and `grants`.' }),
    after: z.record(z.string(), z.unknown()).optional(),
    reason: z.string().optional().meta({
      description: 'The `auditReason` of the request; of a refusal, its code.',
    }),
    requestId: z.string(),
  })
  .meta({ id: 'AuditEvent' });

export const auditPage = z
  .object({ events: z.array(auditEvent).readonly(), nextPageToken: z.string().optional() })
  .meta({ id: 'AuditPage' });
