import type { IncomingHttpHeaders } from 'node:http';

/**
 * What ties a line in Cloud Logging to its request: special fields of structured logs
 * (https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields).
 */
export interface RequestLabels {
  readonly 'logging.googleapis.com/trace'?: string;
  readonly 'logging.googleapis.com/spanId'?: string;
  readonly 'logging.googleapis.com/labels'?: { readonly execution_id: string };
}

interface Arrival {
  readonly headers: IncomingHttpHeaders;
  /** Set by the functions framework where `LOG_EXECUTION_ID` is on. */
  readonly executionId?: string;
  readonly spanId?: string;
}

/** The same that the Firebase SDK's logger and the functions framework add to a line, without looking for a context. */
export function requestLabels({ headers, executionId, spanId }: Arrival, projectId: string): RequestLabels {
  const trace = traceId(headers);
  if (trace === undefined && spanId === undefined && executionId === undefined) return NONE;
  return {
    ...(trace !== undefined && { 'logging.googleapis.com/trace': `projects/${projectId}/traces/${trace}` }),
    ...(spanId !== undefined && { 'logging.googleapis.com/spanId': spanId }),
    ...(executionId !== undefined && { 'logging.googleapis.com/labels': { execution_id: executionId } }),
  };
}

const NONE: RequestLabels = {};

/** Google's front end sets the first; the second is its W3C form (https://www.w3.org/TR/trace-context/#traceparent-header). */
function traceId(headers: IncomingHttpHeaders): string | undefined {
  const { 'x-cloud-trace-context': google, traceparent } = headers;
  if (typeof google === 'string') return /^([\dA-Fa-f]{32})\/\d+(?:;o=[0-3])?$/.exec(google)?.[1];
  if (typeof traceparent === 'string') {
    return /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(traceparent)?.[1];
  }
  return undefined;
}
