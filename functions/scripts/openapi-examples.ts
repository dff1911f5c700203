import * as z from 'zod';
import type { createDocument } from 'zod-openapi';
import type { JsonSchema } from './json-schema.ts';

/** Examples of requests and answers, made from examples of their fields. */

type Document = ReturnType<typeof createDocument>;

type Schemas = Readonly<Record<string, JsonSchema>>;

const UID = 'k3Jf9sQ2xYhT1bV7mN4pLr8wZc52';
const REQUEST_ID = '0e1f6f0b-6d0a-4c3e-9a53-6a8f8a0b7a11';
const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';

/** Examples of text fields and numbers by their names; `.meta({ examples: […] })` on a schema replaces them. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  ...{ uid: UID, actor: UID, owner: UID, grantedBy: UID, target: UID, subject: UID },
  ...{ issuer: 'https://securetoken.google.com/my-project', provider: 'password', version: 3 },
  ...{ email: 'ann@example.com', displayName: 'Ann Lee', providers: ['password'], methods: ['pwd'] },
  emails: ['ann@example.com'],
  ...{ id: 'Zk3Jf9sQ2xYhT1bV7mN4', title: 'Buy milk', body: 'Two bottles.', summary: 'See the users' },
  ...{ action: 'roles.set', reason: 'Joined the support team.', auditReason: 'Asked for by the team lead.' },
  invitationLink: 'https://my-project.firebaseapp.com/__/auth/action?mode=resetPassword&oobCode=…',
  ...{ callable: 'not-found', description: 'The path or the resource does not exist.' },
  ...{ phoneNumber: '+15555550100', photoUrl: 'https://www.example.com/ann.png' },
  csrfToken: 'pQ0m3vW8Jd2yXk7sT5uB1nR9cL4hF6gE0aZ2iV8oK3M',
  ...{ requestId: REQUEST_ID, nextPageToken: 'WzE3OTYwNTQ0MDBd', expiresAt: '2099-12-31T23:59:59Z' },
  ...{ before: { version: 1, grants: [] }, after: { version: 2, grants: [{ role: 'member' }] } },
  ...{ subject_token: JWT, access_token: JWT, customToken: JWT },
  ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', expires_in: 3600 },
  ...{ expired: 0, repaired: 0, failed: 0, synced: true, emailVerified: true },
};

const TIME = '2026-11-30T12:00:00.000Z';

function exampleOf(schema: JsonSchema, schemas: Schemas, name = ''): unknown {
  const { $ref, examples, properties, items, anyOf, type, format, minimum } = schema;
  if (examples?.[0] !== undefined) return examples[0];
  if ($ref !== undefined) return exampleOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name];
  if (schema.default !== undefined) return schema.default;
  if (anyOf?.[0] !== undefined) return exampleOf(anyOf[0], schemas, name);
  if (items !== undefined) return [exampleOf(items, schemas)];
  if (type === 'object') {
    // `not`: a field that is refused.
    const accepted = Object.entries(properties ?? {}).filter(([, { not }]) => not === undefined);
    return Object.fromEntries(accepted.map(([key, field]) => [key, exampleOf(field, schemas, key)]));
  }
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return Math.max(minimum ?? 1, 1);
  return format === 'date-time' ? TIME : 'text';
}

/** An item of an NDJSON answer. */
export function exampleLine(item: z.ZodType): string {
  const schema = z.toJSONSchema(item, { io: 'output' }) as JsonSchema & { $defs?: Schemas };
  return `${JSON.stringify(exampleOf(schema, schema.$defs ?? {}))}\n`;
}

interface Part {
  readonly name?: string;
  readonly schema?: JsonSchema;
  example?: unknown;
  readonly examples?: unknown;
  readonly required?: boolean;
}

interface WithContent {
  readonly content?: Readonly<Record<string, Part>>;
}

interface Described {
  readonly parameters?: readonly Part[];
  readonly requestBody?: WithContent;
  readonly responses: Readonly<Record<string, WithContent>>;
}

/** Adds an example to each request, answer and required parameter that has none. Pages to try an API fill them in. */
export function withExamples(document: Document): Document {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  // The library's types allow references everywhere; this document has them in `headers` and `examples` only.
  const paths = (document.paths ?? {}) as Record<string, Record<string, Described>>;
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  for (const { parameters = [], requestBody, responses } of operations) {
    const contents = [requestBody, ...Object.values(responses)].map((part) => part?.content ?? {});
    for (const part of [
      ...parameters.filter(({ required }) => required),
      ...contents.flatMap((media) => Object.values(media)),
    ]) {
      if (part.example === undefined && part.examples === undefined)
        part.example = exampleOf(part.schema ?? {}, schemas, part.name);
    }
  }
  return document;
}
