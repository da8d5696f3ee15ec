-- Health of a SuperOfficeWebhook for Argo CD. It uses nothing but Lua's basic functions, so it needs no useOpenLibs.

local function health(status, message)
  return { status = status, message = message or "" }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "Its receivers are being removed")
end

-- What the status says is about an older spec, or nothing yet.
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "Waiting for the operator")
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is(kind, status)
  return conditions[kind] ~= nil and conditions[kind].status == status
end

if is("Stalled", "True") then -- somebody has to act
  return health("Degraded", conditions.Stalled.message)
end
if is("Reconciling", "True") then
  return health("Progressing", conditions.Reconciling.message)
end

local ready = conditions.Ready
if ready == nil or ready.status == "Unknown" then
  return health("Progressing", ready ~= nil and ready.message or "Waiting for the operator")
end
if ready.status ~= "True" then
  -- A Secret may still be on its way, by whatever makes it.
  local awaited = { SecretNotFound = true, KeyNotFound = true, EmptyValue = true }
  return health(awaited[ready.reason] and "Progressing" or "Degraded", ready.message)
end
if obj.spec.suspend then
  return health("Suspended", ready.message)
end
if is("Delivering", "False") then -- a sink that fails takes nothing away: its events are kept
  return health("Healthy", conditions.Delivering.message)
end
return health("Healthy", ready.message)
