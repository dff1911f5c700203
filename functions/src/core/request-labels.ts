import type { IncomingHttpHeaders } from 'node:http';

/**
 * The labels that connect a line in Cloud Logging with its request: special fields of structured logs
 * (https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields).
 */
export interface RequestLabels {
  readonly 'logging.googleapis.com/trace'?: string;
  readonly 'logging.googleapis.com/spanId'?: string;
  readonly 'logging.googleapis.com/labels'?: { readonly execution_id: string };
}

interface LabelledRequest {
  readonly headers: IncomingHttpHeaders;
  /** The functions framework takes both from headers, unchecked. */
  readonly executionId?: string;
  readonly spanId?: string;
}

const NONE: RequestLabels = {};

/** The same labels that the Firebase SDK's logger and the functions framework add to a line. */
export function requestLabels(request: LabelledRequest, projectId: string): RequestLabels {
  const trace = traceId(request.headers);
  const spanId = ifMatches(request.spanId, /^\d{1,20}$/);
  const executionId = ifMatches(request.executionId, /^[\w-]{1,64}$/);
  if (trace === undefined && spanId === undefined && executionId === undefined) return NONE;
  return {
    ...(trace !== undefined && { 'logging.googleapis.com/trace': `projects/${projectId}/traces/${trace}` }),
    ...(spanId !== undefined && { 'logging.googleapis.com/spanId': spanId }),
    ...(executionId !== undefined && { 'logging.googleapis.com/labels': { execution_id: executionId } }),
  };
}

/** Google's front end sets the first; the second is its W3C form (https://www.w3.org/TR/trace-context/#traceparent-header). */
function traceId({ 'x-cloud-trace-context': google, traceparent }: IncomingHttpHeaders): string | undefined {
  return (
    ifMatches(google, /^([\dA-Fa-f]{32})\/\d+(?:;o=[0-3])?$/) ??
    ifMatches(traceparent, /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/)
  );
}

/** The first group of the pattern; without groups, the match. */
function ifMatches(value: unknown, pattern: RegExp): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [all, group = all] = pattern.exec(value) ?? [];
  return group;
}
