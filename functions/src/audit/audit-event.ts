import type { DocumentData, Timestamp } from '@google-cloud/firestore';
import type { Actor } from '../authz/principal.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isSecond, toRfc3339 } from '../core/time.ts';
import type { AuditAction } from './audit-actions.ts';

/** A change, or a refused attempt. Never contains a token or a secret. */
export interface AuditEvent {
  /** The uid or subject of the user who acted; or `system`, `operator`, `anonymous`. */
  readonly actor: string;
  /** Issuer of the actor's credential; absent when the actor is not a principal. */
  readonly issuer?: string | undefined;
  readonly action: AuditAction;
  /** What was changed: a uid; for a refused operation, the permission. */
  readonly target: string;
  readonly outcome: 'done' | 'refused';
  readonly before?: JsonObject | undefined;
  readonly after?: JsonObject | undefined;
  /** The reason that the actor gave for a change; the refusal reason of a refusal. */
  readonly reason?: string | undefined;
  readonly requestId: string;
}

/** An event as recorded. */
export interface RecordedEvent extends AuditEvent {
  readonly id: string;
  /** RFC 3339, to the microsecond. */
  readonly at: string;
}

/** The fields of an event about the actor and the request. */
export function identifyActor(actor: Actor): Pick<AuditEvent, 'actor' | 'issuer' | 'requestId'> {
  const { requestId } = actor;
  if (actor.kind !== 'principal') return { actor: actor.kind, requestId };
  const { issuer, subject, directoryId = subject } = actor.principal;
  return { actor: directoryId, issuer, requestId };
}

/** An event as the API shows it: the times of entries are RFC 3339 there, under the names that a user has there. */
export function toEventView({ before, after, ...event }: RecordedEvent): RecordedEvent {
  return { ...event, before: before && toStateView(before), after: after && toStateView(after) };
}

function toStateView({ validAfter, grants, ...state }: JsonObject): JsonObject {
  return {
    ...state,
    ...(isSecond(validAfter) && validAfter > 0 && { sessionsValidAfter: toRfc3339(validAfter) }),
    ...(Array.isArray(grants) && { grants: grants.map(toGrantView) }),
  };
}

function toGrantView(grant: unknown): unknown {
  if (!isJsonObject(grant) || !isSecond(grant.expiresAt)) return grant;
  return { ...grant, expiresAt: toRfc3339(grant.expiresAt) };
}

export function fromDocument(id: string, document: DocumentData): RecordedEvent {
  const { at, expireAt: _, ...event } = document;
  // `AuditLog.append` wrote it: the fields are those of an event.
  return { id, at: withMicroseconds(at as Timestamp), ...(event as AuditEvent) };
}

/** Firestore keeps microseconds, so that events of one millisecond have an order. */
function withMicroseconds(time: Timestamp): string {
  const micros = Math.trunc(time.nanoseconds / 1000);
  return `${time.toDate().toISOString().slice(0, -4)}${String(micros).padStart(6, '0')}Z`;
}
