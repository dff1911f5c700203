import { auditEvent, auditPage, auditQuery } from '../audit/schema.ts';
import { pageSize } from './query-text.ts';
import { type Route, route } from './route.ts';

const query = auditQuery.extend({ pageSize: pageSize(500) });

export const auditRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/audit',
    access: { permission: 'audit:read' },
    input: { query },
    output: auditPage,
    summary: 'Who did what, newest first; as one JSON text a line where application/x-ndjson is accepted.',
    stream: async function* ({ query }, { deps }) {
      for await (const event of deps.audit.stream(query)) yield auditEvent.parse(event);
    },
    handler: ({ query }, { deps }) => deps.audit.list(query),
  }),
];
