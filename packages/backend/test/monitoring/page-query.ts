/** The query of the page that describes the system, to the letter. */
export const PAGE_QUERY = `SELECT start_timestamp, message, span_name, duration
FROM records
WHERE span_name LIKE '%copyright%'
AND start_timestamp > NOW() - INTERVAL '1 hour'
ORDER BY start_timestamp DESC`;
