-- The version is that of the rule set, and the columns about the run say what a backfill does.
-- severity: block
-- why: rows of two rule sets in one table can be told apart by the version only; mixed, no average means anything. No
--      breaker is open and nothing is retried in a backfill, so other values are those of another row or column.
SELECT
    player_lookup,
    cache_date,
    cache_version,
    season_boundary_detected,
    backfill_bootstrap_mode,
    processing_decision_reason,
    reprocess_attempt_count,
    circuit_breaker_active
FROM player_daily_cache
WHERE cache_version IS DISTINCT FROM CASE getvariable('rules') WHEN 'production' THEN 'v1' ELSE 'v1+corrected' END
    OR season_boundary_detected IS DISTINCT FROM (month(cache_date) IN (4, 10, 11))
    OR backfill_bootstrap_mode IS NULL
    OR processing_decision_reason IS DISTINCT FROM 'processed_successfully'
    OR reprocess_attempt_count IS DISTINCT FROM 0
    OR last_reprocess_attempt_at IS NOT NULL
    OR circuit_breaker_active IS DISTINCT FROM FALSE
    OR circuit_breaker_until IS NOT NULL
    OR manual_override_required IS DISTINCT FROM FALSE
