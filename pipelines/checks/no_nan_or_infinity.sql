-- No number is NaN or infinite.
-- severity: block
-- why: the mean of nothing is NaN in production, and NaN passes every comparison the wrong way round, "is not None" too;
--      it has reached the features before. Unknown is NULL. NUMERIC columns cannot hold it. (A sum over NaN is NaN.)
-- with: columns; nan = completeness_percentage
SELECT {entity}, {date}, {columns}
FROM {table}
WHERE NOT isfinite(list_sum([{columns}]))
