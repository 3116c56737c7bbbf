# In config/routes.rb:
Rails.application.routes.draw do
  get "/autoscalebot/heartbeat/", to: "heartbeat#show"
end
