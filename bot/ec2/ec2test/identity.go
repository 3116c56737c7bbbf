package ec2test

import "net/url"

// instanceOfRole is the instance whose metadata service gives the role's credentials.
const instanceOfRole = "i-0123456789abcdef0"

// getCallerIdentity tells whose the key is: a user's, or that of an instance's role. Nobody needs a permission for it.
func (s *Server) getCallerIdentity(url.Values) ([]node, *failure) {
	arn, id := "arn:aws:iam::"+account+":user/"+Role, "AIDAFAKEFAKEFAKEFAKEF"
	if s.roleKey(s.caller) != nil {
		arn, id = "arn:aws:sts::"+account+":assumed-role/"+Role+"/"+instanceOfRole, "AROAFAKEFAKEFAKEFAKEF:"+instanceOfRole
	}
	return []node{tx("UserId", id), tx("Account", account), tx("Arn", arn)}, nil
}
