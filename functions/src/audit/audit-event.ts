import type { DocumentData } from '@google-cloud/firestore';
import { omitUndefined } from '../core/omit-undefined.ts';
import type { Instant } from '../platform/firestore/firestore.ts';

/** Something that somebody changed, or tried to. Never holds a token or a secret. */
export interface AuditEvent {
  /** Directory id or subject of who did it, or the name of what did, e.g. `system`. */
  readonly actor: string;
  /** Issuer of the actor's credential; absent when it was not a principal. */
  readonly issuer?: string | undefined;
  /** `resource.verb`, e.g. `roles.set`. */
  readonly action: string;
  /** What it was done to: a directory id, a permission for a refused attempt. */
  readonly target: string;
  readonly outcome: 'done' | 'refused';
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
  /** Why: the actor's own words for a change, the rule for a refusal. */
  readonly reason?: string | undefined;
  readonly requestId: string;
}

/** An event as it was recorded. */
export interface RecordedEvent extends AuditEvent {
  readonly id: string;
  /** RFC 3339, to the microsecond. */
  readonly at: string;
}

/** @param at what makes Firestore set its own time; @param expireAt when it may be deleted */
export function toDocument(event: AuditEvent, at: unknown, expireAt: Date): DocumentData {
  return { ...omitUndefined(event), at, expireAt };
}

export function fromDocument(id: string, document: DocumentData): RecordedEvent {
  const { at, expireAt: _, ...event } = document;
  return { id, at: toRfc3339(at as Instant), ...(event as AuditEvent) };
}

/** Firestore keeps microseconds, and two events of one millisecond have an order. */
function toRfc3339(time: Instant): string {
  const micros = Math.trunc(time.nanoseconds / 1000);
  return `${time.toDate().toISOString().slice(0, -4)}${String(micros).padStart(6, '0').slice(0, 6)}Z`;
}
