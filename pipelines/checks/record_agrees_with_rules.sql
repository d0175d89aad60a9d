-- The version is that of the rule set, and the columns about the run say what a backfill does.
-- severity: block
-- why: rows of two rule sets in one table can be told apart by the version only; mixed, no average means anything. No
--      breaker is open and nothing is retried in a backfill, and rows of the bootstrap days exist only when forced: other
--      values are those of another row or column.
-- with: version; value
SELECT
    {entity},
    {date},
    {version},
    season_boundary_detected,
    backfill_bootstrap_mode,
    processing_decision_reason,
    reprocess_attempt_count,
    circuit_breaker_active
FROM {table}
WHERE {version}
    IS DISTINCT FROM {value} || CASE getvariable('rules') WHEN 'production' THEN '' ELSE '+corrected' END
    OR season_boundary_detected IS DISTINCT FROM (month({date}) IN (4, 10, 11))
    OR backfill_bootstrap_mode IS NULL
    OR processing_decision_reason IS DISTINCT FROM 'processed_successfully'
    OR reprocess_attempt_count IS DISTINCT FROM 0
    OR last_reprocess_attempt_at IS NOT NULL
    OR circuit_breaker_active IS DISTINCT FROM FALSE
    OR circuit_breaker_until IS NOT NULL
    OR manual_override_required IS DISTINCT FROM FALSE
